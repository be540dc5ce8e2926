"""For pytest --nbval: run cells as Jupyter does, so that a trailing `;` hides an output there too."""

from nbval.kernel import RunningKernel


def _execute(self: RunningKernel, source: str, allow_stdin: bool | None = None) -> str:
    return self.kc.execute(source, store_history=True, allow_stdin=bool(allow_stdin), stop_on_error=False)


RunningKernel.execute_cell_input = _execute  # nbval 0.11 passes store_history=False, its open issue 194
