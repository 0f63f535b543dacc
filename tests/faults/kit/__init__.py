"""What the fault tests do to a process, a disk or a file; each module is one kind of misfortune."""
