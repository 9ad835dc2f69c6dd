"""Plans the first hour on site: from addresses that answered to a site's files, and from findings to next steps."""
