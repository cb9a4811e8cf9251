"""Any Explainer as a tab, an endpoint and a link. With app.py the only reader of gradio.

page.py     one page per language: gradio's components, and the one event of each panel
markup.py   the page's fixed markup
boot.py     the data that the page's scripts start from
answer.py   a page's request -> its answer: check, run, draw
api.py      the endpoints
pack.py     arrays and traces as JSON
kept.py     traces kept for a while, bounded in bytes
routes.py   health, the page's own files, the arrays
"""
