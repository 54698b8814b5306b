"""Names of the isolation layers, in the order in which they are tried and built."""

USER_NAMESPACE = "user_namespace"
PRIVATE_ROOT = "private_root"
PID_NAMESPACE = "pid_namespace"
FRESH_PROC = "fresh_proc"
NETWORK_NAMESPACE = "network_namespace"
IPC_NAMESPACE = "ipc_namespace"
UTS_NAMESPACE = "uts_namespace"
SEPARATE_USER = "separate_user"
NO_NEW_PRIVS = "no_new_privs"
RLIMITS = "rlimits"
LANDLOCK = "landlock"
LANDLOCK_SCOPES = "landlock_scopes"
SECCOMP = "seccomp"
PROCESS_LIMIT = "process_limit"
CGROUP = "cgroup"

NEEDS = {
    USER_NAMESPACE: (),
    PRIVATE_ROOT: (USER_NAMESPACE,),
    PID_NAMESPACE: (PRIVATE_ROOT,),
    FRESH_PROC: (PID_NAMESPACE,),
    NETWORK_NAMESPACE: (USER_NAMESPACE,),
    IPC_NAMESPACE: (USER_NAMESPACE,),
    UTS_NAMESPACE: (USER_NAMESPACE,),
    SEPARATE_USER: (PRIVATE_ROOT,),
    NO_NEW_PRIVS: (),
    RLIMITS: (),
    LANDLOCK: (NO_NEW_PRIVS,),
    LANDLOCK_SCOPES: (LANDLOCK,),
    SECCOMP: (NO_NEW_PRIVS,),
    PROCESS_LIMIT: (RLIMITS,),
    CGROUP: (),
}
"""Every layer with the layers it stands on; the order of the keys is the order of building."""

ALL_LAYERS = tuple(NEEDS)
