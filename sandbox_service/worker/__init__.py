"""What runs in a worker's own processes: standard library only, started in a fresh interpreter.

`keeper` enters the namespaces and stays outside; its one child, the supervisor, forks a process per script.
"""
