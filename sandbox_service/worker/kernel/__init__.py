"""What a worker asks of the kernel, one file per mechanism, by raw system calls."""
