"""One prompt over the rows of a table: equal rows asked once, every answer kept."""
