"""What a task is and where its rows come from: cards, the hub, identities. Loads no row."""
