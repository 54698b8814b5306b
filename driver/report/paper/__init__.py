"""The paper's main table and figures, drawn from a run of ours."""
