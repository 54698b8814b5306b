"""Ways of choosing the next tasks, one file each; `choice` says which one a config asks for."""
