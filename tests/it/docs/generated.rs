//! Parts of documents that are written by this test: `make docs` rewrites them.

use std::fs;

use crate::tidy::root;

/// Whether documents are rewritten instead of compared: `make docs` says so.
pub(crate) fn is_rewriting() -> bool {
    std::env::var_os("PAYRUN_REWRITE_DOCS").is_some()
}

/// Compares what stands between the marks of `name` in a document with `text`, or writes it there.
pub(crate) fn is_current(document: &str, name: &str, text: &str) {
    let path = root().join(document);
    let before = fs::read_to_string(&path).unwrap();
    let (begin, end) =
        (format!("<!-- generated: {name} -->\n"), format!("<!-- end of generated: {name} -->"));
    let Some((head, rest)) = before.split_once(&begin) else { panic!("{document} has no {begin}") };
    let Some((old, tail)) = rest.split_once(&end) else { panic!("{document} has no {end}") };
    let new = format!("\n{}\n\n", text.trim_end());
    if is_rewriting() {
        fs::write(path, [head, &begin, &new, &end, tail].concat()).unwrap();
    } else {
        assert!(old == new, "{document}: {name} is out of date; run `make docs`, and look at what changes");
    }
}
