// Package autolabel trains Custom Auto-Label AIs and lets them label: it estimates what a training costs, runs the jobs in
// this process, publishes models as complete ONNX files, and writes what they propose. It knows no host; the arithmetic is
// behind Engine.
package autolabel
