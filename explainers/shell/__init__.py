"""Any Explainer as a tab, an endpoint, a tool and a link. With app.py the only reader of gradio.

page.py     one page per language: gradio's components, and the one event of each panel
markup.py   the page's fixed markup
unloaded.py what a page says where its scripts do not come
boot.py     the data that the page's scripts start from
choices.py  what a list of models says of each
answer.py   a page's request -> its answer: check, run, draw
tool.py     any explainer as something that programs ask: its schema, and the one function behind endpoint and tool
api.py      the endpoints
mcp.py      the tools of the Model Context Protocol
summary.py  a Trace as text; plain.py its values and tables, figure.py its figures
door.py     which addresses are open, to what size of request
body.py     a request's encoding and language; mended.py gradio's own errors, in our sentences; origin.py who may ask
pack.py     arrays and traces as JSON
kept.py     traces kept for a while, bounded in bytes
routes.py   health, the page's own files, the arrays
"""
