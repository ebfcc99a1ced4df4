"""Where prices are from: the list that is shipped, and the operator's own file."""
