"""Ways to answer a question with a model and a sandbox. docs/agents.md says how to add one."""
