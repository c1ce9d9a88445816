"""Words to structured drafts: decides what a sentence says and what must be asked, never whether to trade."""
