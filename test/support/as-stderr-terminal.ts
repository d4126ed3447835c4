// Loaded before a command: it is told that its stderr is a terminal, so that it shows how far it is, and reads Ctrl-C from
// its stdin, as a person would type it.
process.stderr.isTTY = true;
