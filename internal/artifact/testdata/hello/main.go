// Command hello is a function for the tests of archives.
package main

func main() { println("hello") }
