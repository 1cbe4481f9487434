// Command exit is a function that does nothing but end with the status 7, which shows that it has run.
package main

import "os"

func main() { os.Exit(7) }
