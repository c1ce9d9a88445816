"""The stages from draft to settlement, one module each; they decide, and reach the world only through ports."""
