"""From whom is it bought, when can it be there, and which orders does each supplier accept?"""
