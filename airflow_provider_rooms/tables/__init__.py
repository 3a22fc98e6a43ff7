"""What happened, as rows for a warehouse: columns as data, rows out of a hook's lists, files that are whole or not there."""
