"""From an edition's text to what a reader's mail program shows, in each language.

1. `source` gathers an edition's files and reads them (`manifest` its TOML, `pictures` its images).
2. `containers` splits a translation at its `:::` lines; `document` makes typed `blocks` of it, with
   `markdown` for what stands between.
3. `placeholders` and `inline` settle what stands inside a paragraph: emphasis, links, addresses.
4. `mjml` puts the blocks through the templates, MJML and mrml; `plain` writes the same as text.
5. `render` does 2 to 4 for one language and returns `rendered.Rendered`.
6. `preflight` tells the secretariat what to mend before anything is sent.

The archive shows the same blocks as web pages: `web_page` renders one language for everybody,
`card` holds what lists and searches need of an edition, `searching` finds words in it.

`words` holds the interface words, dates and names of countries in the reader's language.
"""
