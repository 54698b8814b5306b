"""One OCI container per script, by runsc (gVisor), crun or runc: slower than warm workers, another kind of wall."""
