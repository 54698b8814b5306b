"""What runs in a lane's own processes: standard library only, started in a fresh interpreter.

`keeper` enters the namespaces and stays outside; its one child, the lane, forks a process per script.
"""
