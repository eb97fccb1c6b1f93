"""What inspect-ai imports, by the entry point of this project, to find the tasks."""

from facereason.bench.inspecting import register

register()
