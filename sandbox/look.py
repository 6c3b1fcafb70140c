"""The look of the sandbox's few pages: one plain sheet, no script."""

from html import escape

STYLE = """
:root{color-scheme:light dark;--line:#8885;--ink:CanvasText;--soft:#8881}
*{box-sizing:border-box}body{font:15px/1.6 system-ui,"Hiragino Sans","Noto Sans JP",sans-serif;
max-width:80rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:0 0 .5rem}h1 span,h2 span{font-weight:400;opacity:.7;font-size:.85em;display:block}
.card{border:1px solid var(--line);border-radius:.6rem;padding:1rem;margin:0 0 1rem}
.row{display:flex;gap:.6rem;flex-wrap:wrap;align-items:end}
.grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));align-items:start}
label{display:block;font-size:.85rem;margin:.5rem 0 .1rem}
input,select,textarea{font:inherit;width:100%;padding:.35rem .5rem;border:1px solid var(--line);border-radius:.35rem}
button{font:inherit;padding:.4rem .9rem;border:1px solid var(--ink);border-radius:.35rem;background:var(--ink);color:Canvas;cursor:pointer}
button.plain{background:none;color:inherit;border-color:var(--line)}.quiet{opacity:.7;font-size:.85rem}
table{border-collapse:collapse;width:100%;font-size:.85rem}td,th{text-align:left;vertical-align:top;padding:.3rem .5rem;
border-bottom:1px solid var(--line)}
.reply td:nth-child(2){padding-left:2rem}.said{white-space:pre-wrap;overflow-wrap:anywhere}.gone{text-decoration:line-through;opacity:.6}
.desk{display:grid;gap:1rem;grid-template-columns:20rem minmax(0,1fr);align-items:start}.narrow{max-width:38rem;margin:0 auto}
.desk>*,.grid>*{min-width:0}
@media(max-width:56rem){.desk{grid-template-columns:minmax(0,1fr)}}
.note{background:var(--soft);border-radius:.35rem;padding:.5rem .75rem}.wide{overflow-x:auto}
.tick{display:flex;gap:.5rem;align-items:baseline}.tick input{width:auto;flex:none}.tick code{opacity:.7}
ul.plain{list-style:none;margin:0;padding:0}
fieldset{border:1px solid var(--line);border-radius:.35rem;margin:.8rem 0;padding:.4rem .8rem .8rem}
td:last-child{white-space:nowrap}td.said:last-child{white-space:pre-wrap}
td.said{min-width:12rem}.answer{padding-left:2rem}td button.plain{padding:.1rem .5rem;font-size:.8rem}
@media(max-width:40rem){.wide thead{display:none}.wide table,.wide tbody,.wide tr,.wide td{display:block}.wide td{border:0;padding:.1rem 0}
.wide tr{border-bottom:1px solid var(--line);padding:.5rem 0}.wide td:last-child{white-space:normal}td code{overflow-wrap:anywhere}
.wide tr.reply{padding-left:1.5rem}.wide .reply td:nth-child(2){padding-left:0}}
"""


def page(title: str, body: str) -> str:
    """A whole page around a body that is escaped already."""
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"""
