// Package jobs shares the jobs of one Postgres among any number of processes, on any number of machines.
//
// What a job is, and who has it, stands in the store: a row with its request, under a lease while it runs (autolabel.Service). River
// carries calls for workers: one is inserted for each job that waits, into the queue of the label that it asks for, and wakes a
// worker at once, wherever it is. Which job the worker then takes is decided by the store, so that workspaces take turns; a call that
// finds none is over. River alone would not do: it tells a lost worker from one that trains for hours by the hours only, and it serves
// jobs of one priority in their order.
//
// Every process looks after all of them, every few seconds: jobs whose lease is over are queued again, and calls that are missing,
// because a process died between a row and its call, are made up for.
package jobs
