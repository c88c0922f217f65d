"""The fine stage: a tetrahedral grid's surface, with albedo and light of its own."""
