//! A part of a workbook as a stream of XML, in bounded memory.
//!
//! **Invariant**: no document type is read and no entity is expanded, and nothing is longer or
//! nested deeper than it may.

use std::{
    borrow::Cow,
    io::{self, BufRead, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesEnd, BytesRef, BytesStart, Event},
};

use crate::error::{Error, FileRefusal};

/// A part being read.
pub(crate) struct Xml<R> {
    reader: Reader<Metered<R>>,
    buffer: Vec<u8>,
    depth: usize,
    part: String,
    /// How many elements all readings of all parts may still have.
    elements: Arc<AtomicU64>,
}

/// What comes next.
pub(crate) enum Node<'a> {
    Open(Tag<'a>),
    Close(EndTag<'a>),
    /// Unescaped; one text may come in several.
    Text(Cow<'a, str>),
    /// A comment or an instruction.
    Nothing,
    End,
}

/// The beginning of an element. One without content has an end all the same.
pub(crate) struct Tag<'a> {
    start: BytesStart<'a>,
    part: &'a str,
}

/// The end of an element.
pub(crate) struct EndTag<'a>(BytesEnd<'a>);

/// A cell of Excel has at most 32,767 characters.
const EVENT_BYTES_MAX: usize = 2 << 20;
const DEPTH_MAX: usize = 64;
const BUFFER_BYTES: usize = 64 << 10;

impl<R: Read> Xml<R> {
    /// `part` is the name of the part, for people. `elements` is how many elements it may have.
    pub(crate) fn new(input: R, part: &str, elements: Arc<AtomicU64>) -> Self {
        let input = BufReader::with_capacity(BUFFER_BYTES, input);
        let mut reader =
            Reader::from_reader(Metered { input, left: EVENT_BYTES_MAX, passed: 0, part: part.to_owned() });
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), depth: 0, part: part.to_owned(), elements }
    }

    pub(crate) fn part(&self) -> &str {
        &self.part
    }

    /// How many bytes of the part were read, after decompression.
    pub(crate) const fn bytes_read(&self) -> u64 {
        self.reader.get_ref().passed
    }

    pub(crate) fn next(&mut self) -> Result<Node<'_>, Error> {
        self.buffer.clear();
        self.reader.get_mut().left = EVENT_BYTES_MAX;
        let refuse = |problem| Err(FileRefusal::damaged(&self.part, problem).into());
        let event = self.reader.read_event_into(&mut self.buffer);
        match event.map_err(|error| failure(error, &self.part))? {
            Event::Start(start) => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return refuse("its elements are nested too deeply");
                }
                let take = |left: u64| left.checked_sub(1);
                let taken = self.elements.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
                taken.map_err(|_| FileRefusal::Disproportionate)?;
                Ok(Node::Open(Tag { start, part: &self.part }))
            }
            Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(Node::Close(EndTag(end)))
            }
            Event::Text(text) => Ok(Node::Text(text.xml10_content())),
            Event::CData(text) => Ok(Node::Text(text.xml10_content())),
            Event::GeneralRef(reference) => character(&reference)
                .map_or_else(|| refuse("it has an entity of its own"), |text| Ok(Node::Text(text))),
            Event::DocType(_) => refuse("it has a document type"),
            Event::Eof if self.depth > 0 => refuse("it is cut off"),
            Event::Eof => Ok(Node::End),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Ok(Node::Nothing),
        }
    }
}

fn character(reference: &BytesRef<'_>) -> Option<Cow<'static, str>> {
    if reference.is_char_ref() {
        reference.resolve_char_ref().ok().flatten().map(|char| Cow::Owned(char.to_string()))
    } else {
        resolve_predefined_entity(reference).map(Cow::Borrowed)
    }
}

fn failure(error: quick_xml::Error, part: &str) -> Error {
    match error {
        quick_xml::Error::Io(error) => {
            match error.get_ref().and_then(|inner| inner.downcast_ref::<FileRefusal>()) {
                Some(refusal) => refusal.clone().into(),
                None => Error::Read(io::Error::new(error.kind(), error)),
            }
        }
        quick_xml::Error::Encoding(_) => FileRefusal::damaged(part, "it is not UTF-8").into(),
        quick_xml::Error::Syntax(_)
        | quick_xml::Error::IllFormed(_)
        | quick_xml::Error::InvalidAttr(_)
        | quick_xml::Error::Escape(_)
        | quick_xml::Error::Namespace(_) => FileRefusal::damaged(part, "it is not XML").into(),
    }
}

impl Tag<'_> {
    /// Without its prefix.
    pub(crate) fn name(&self) -> &str {
        self.start.local_name().into_inner()
    }

    /// By its name with its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Result<Option<String>, FileRefusal> {
        self.attribute_where(|key| key == name)
    }

    /// By its name without its prefix, which it has.
    pub(crate) fn prefixed(&self, name: &str) -> Result<Option<String>, FileRefusal> {
        self.attribute_where(|key| key.split_once(':').is_some_and(|(_, local)| local == name))
    }

    /// Why the part is not read, when it is for something that the element says.
    pub(crate) fn refuse(&self, problem: &'static str) -> FileRefusal {
        FileRefusal::damaged(self.part, problem)
    }

    /// `1` or `true`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, FileRefusal> {
        Ok(self.attribute(name)?.is_some_and(|value| value == "1" || value == "true"))
    }

    fn attribute_where(&self, matches: impl Fn(&str) -> bool) -> Result<Option<String>, FileRefusal> {
        let refuse = || self.refuse("an attribute is not XML");
        // Comparing each with each would take the square of their number.
        for attribute in self.start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| refuse())?;
            if matches(attribute.key.as_ref()) {
                let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|_| refuse())?;
                return Ok(Some(value.into_owned()));
            }
        }
        Ok(None)
    }
}

impl EndTag<'_> {
    /// Without its prefix.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }
}

/// A reader that gives no more than may belong to one event.
struct Metered<R> {
    input: BufReader<R>,
    left: usize,
    passed: u64,
    part: String,
}

impl<R: Read> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::other(FileRefusal::damaged(&self.part, "one of its texts is too long")));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.passed += u64::try_from(count).unwrap_or(0);
        self.input.consume(count);
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
impl<R: Read> Xml<R> {
    /// A part of as many elements as it may be.
    pub(crate) fn unlimited(input: R, part: &str) -> Self {
        Self::new(input, part, Arc::new(AtomicU64::new(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(xml: &str) -> Result<String, FileRefusal> {
        let (mut xml, mut all) = (Xml::unlimited(xml.as_bytes(), "part"), String::new());
        loop {
            match xml.next() {
                Ok(Node::Open(tag)) => all.push_str(tag.name()),
                Ok(Node::Text(text)) => all.push_str(&text),
                Ok(Node::Close(tag)) => all.push_str(&tag.name().to_uppercase()),
                Ok(Node::Nothing) => all.push('-'),
                Ok(Node::End) => return Ok(all),
                Err(Error::Refused(refusal)) => return Err(refusal),
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn elements_lose_their_prefix_and_texts_their_escapes() {
        let xml = "<?xml version='1.0'?><x:a><!-- no --><b/>1 &amp;&#x41;<![CDATA[<&]]></x:a>";
        assert_eq!(text(xml).unwrap(), "-a-bB1 &A<&A");
    }

    #[test]
    fn what_could_grow_is_refused() {
        let problem = |xml: &str| match text(xml) {
            Err(FileRefusal::Damaged { problem, .. }) => problem,
            other => panic!("{other:?}"),
        };
        assert_eq!(problem("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "it has a document type");
        assert_eq!(problem("<a>&b;</a>"), "it has an entity of its own");
        assert_eq!(problem(&"<a>".repeat(65)), "its elements are nested too deeply");
        assert_eq!(problem(&format!("<a>{}</a>", "b".repeat(3 << 20))), "one of its texts is too long");
        assert_eq!(problem("<a><b></b>"), "it is cut off");
        assert_eq!(problem("<a></b>"), "it is not XML");
    }

    #[test]
    fn attributes_are_found_by_name() {
        let mut xml = Xml::unlimited(&b"<s name='a&lt;b' r:id='rId1' hidden='1' x='&y;'/>"[..], "part");
        let Ok(Node::Open(tag)) = xml.next() else { panic!("no element") };
        assert_eq!(tag.attribute("name"), Ok(Some("a<b".to_owned())));
        assert_eq!(tag.prefixed("id"), Ok(Some("rId1".to_owned())));
        assert_eq!(
            (tag.attribute("id"), tag.flag("hidden"), tag.flag("shown")),
            (Ok(None), Ok(true), Ok(false))
        );
        assert!(tag.attribute("x").is_err());
    }
}
