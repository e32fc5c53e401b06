package store_test

const crashFile = "IRUM_CRASH_FILE"

func writeUntilKilled(string) {}
