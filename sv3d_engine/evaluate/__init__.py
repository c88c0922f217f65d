"""How good the results are: measures, and the runs that the project's tables come from."""
