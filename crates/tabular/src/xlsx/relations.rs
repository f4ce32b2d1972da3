//! Which parts of an XLSX package belong to one another.

use std::collections::HashMap;

use crate::{
    error::Error,
    package::{Package, xml::Node},
};

const RELATIONS_MAX: usize = 20_000;

/// Which parts belong to a part.
#[derive(Default)]
pub(crate) struct Relations {
    /// The kind, without the address of its standard, and the part, by the id of the relation.
    by_id: HashMap<String, (String, String)>,
}

impl Relations {
    pub(crate) fn of_kind(&self, kind: &str) -> Option<&str> {
        self.by_id.values().find(|(other, _)| other == kind).map(|(_, part)| part.as_str())
    }

    /// The part of a sheet of cells; `None` for charts and macros.
    pub(crate) fn sheet(&self, id: &str) -> Option<&str> {
        self.by_id.get(id).filter(|(kind, _)| kind == "worksheet").map(|(_, part)| part.as_str())
    }
}

/// Reads the relations of a part. `folder` is where their paths begin.
pub(crate) fn read(package: &mut Package, name: &str, folder: &str) -> Result<Relations, Error> {
    let mut relations = Relations::default();
    if !package.contains(name) {
        return Ok(relations);
    }
    let mut xml = package.small_xml(name)?;
    loop {
        match xml.next()? {
            Node::Open(tag) if tag.name() == "Relationship" => {
                let (id, kind, target) =
                    (tag.attribute("Id")?, tag.attribute("Type")?, tag.attribute("Target")?);
                if let (Some(id), Some(kind), Some(target)) = (id, kind, target) {
                    let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                    relations.by_id.insert(id, (kind, path(folder, &target)));
                    if relations.by_id.len() > RELATIONS_MAX {
                        return Err(tag.refuse("it has too many relations").into());
                    }
                }
            }
            Node::Open(_) | Node::Close(_) | Node::Text(_) | Node::Nothing => {}
            Node::End => return Ok(relations),
        }
    }
}

/// The path of `target` as it is seen from `folder`.
fn path(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in target.split('/') {
        if part == ".." {
            parts.pop();
        } else if part != "." {
            parts.push(part);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join("/")
}
