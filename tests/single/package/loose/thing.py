NAME = "found in a namespace"
