"""Models behind servers that speak OpenAI's chat protocol: asked and counted, never trained."""
