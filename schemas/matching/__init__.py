"""What a column is: judged by its name, its comment and its values, with the reason and doubt."""
