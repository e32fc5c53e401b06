package openapi

// Operations are what is said of each route.
var Operations = operations
