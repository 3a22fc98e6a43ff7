"""Two thin drivers of the same flows, blocking and async, and the network below them."""
