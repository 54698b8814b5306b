"""The sandbox over HTTP: SandboxFusion's `/run_code` for clients that know it, and our own records.

Imports fastapi and uvicorn, so nothing outside this package imports it at module level.
"""
