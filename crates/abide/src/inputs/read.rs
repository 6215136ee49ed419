//! A path → the objects in the file.

use std::path::Path;

use object::archive;
use object::read::archive::{ArchiveFile, ArchiveMember};

use super::{Bytes, Error, Import, Object, import_objects, parse};

/// A file that was given: one object, or an archive of several.
#[derive(Debug, Clone)]
pub struct File {
    /// The path as it was given.
    pub name: String,
    /// Whether it is an archive (an rlib is one).
    pub is_archive: bool,
    /// Its objects, in the archive's order.
    pub objects: Vec<Object>,
    /// What members of an import library of Windows stand for.
    pub imports: Vec<Import>,
    /// Members of the archive that are no objects: an rlib's metadata, say.
    pub skipped: Vec<String>,
}

/// Reads the objects in the file at `path`: one, or the members of an archive in its order.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path) -> Result<Vec<Object>, Error> {
    Ok(open(path)?.objects)
}

/// Reads the file at `path`: an object, an executable, a shared object, an archive or an rlib.
///
/// # Errors
/// The file cannot be read, is of another kind, or contradicts itself.
pub fn open(path: &Path) -> Result<File, Error> {
    let bytes = read_bytes(path)?;
    read_from(&path.to_string_lossy(), bytes)
}

/// Reads a file that is in memory already; `name` stands for it in messages.
///
/// # Errors
/// It is no object and no archive, or it contradicts itself.
pub fn read_from(name: &str, bytes: Bytes) -> Result<File, Error> {
    let mut file = File {
        name: name.to_owned(),
        is_archive: is_archive(&bytes),
        objects: Vec::new(),
        imports: Vec::new(),
        skipped: Vec::new(),
    };
    if file.is_archive {
        read_members(&mut file, &bytes)?;
    } else {
        file.objects.push(parse::object(name.to_owned(), bytes)?);
    }
    Ok(file)
}

/// Reads a regular file into memory, whatever it is.
///
/// # Errors
/// It cannot be read, or is a directory, a pipe or a device.
pub fn read_bytes(path: &Path) -> Result<Bytes, Error> {
    let io = |source| Error::Io {
        path: path.to_owned(),
        source,
    };
    let metadata = std::fs::metadata(path).map_err(io)?;
    if !metadata.is_file() {
        // Reading a pipe or a device may never end.
        return Err(Error::NotAFile {
            path: path.to_owned(),
            what: if metadata.is_dir() {
                "a directory"
            } else {
                "no regular file"
            },
        });
    }
    std::fs::read(path).map(Bytes::new).map_err(io)
}

/// Whether the bytes begin as an `ar` archive, thin ones included.
#[must_use]
pub fn is_archive(bytes: &[u8]) -> bool {
    // An empty archive is shorter than what `object` asks for to tell the kind of a file.
    bytes.starts_with(&archive::MAGIC) || bytes.starts_with(&archive::THIN_MAGIC)
}

fn read_members(file: &mut File, bytes: &Bytes) -> Result<(), Error> {
    let data: &[u8] = bytes;
    let damaged = |name: &str, e: object::Error| Error::damaged(name, e.to_string());
    let archive = ArchiveFile::parse(data).map_err(|e| damaged(&file.name, e))?;
    if archive.is_thin() {
        return Err(Error::NotAnObject {
            name: file.name.clone(),
            what: "a thin archive, which holds only the names of its members",
            help: "name the members themselves, or archive them with `ar crs`",
        });
    }
    for member in archive.members() {
        let member = member.map_err(|e| damaged(&file.name, e))?;
        read_member(file, bytes, &member)?;
    }
    file.imports.extend(import_objects::take(&mut file.objects));
    Ok(())
}

fn read_member(file: &mut File, archive: &Bytes, member: &ArchiveMember<'_>) -> Result<(), Error> {
    let member_name = String::from_utf8_lossy(member.name()).into_owned();
    let name = format!("{}({member_name})", file.name);
    let bytes = member_bytes(archive, member)
        .ok_or_else(|| Error::damaged(&name, "it ends before its member does"))?;
    if is_rust_metadata(&member_name) || !parse::is_object(&bytes) {
        if is_archive(&bytes) {
            return Err(Error::NotAnObject {
                name,
                what: "an archive inside an archive, into which no linker looks",
                help: "give the inner archive by itself",
            });
        }
        match Import::read(&bytes) {
            Some(import) => file.imports.push(import),
            None => file.skipped.push(member_name),
        }
        return Ok(());
    }
    file.objects.push(parse::object(name, bytes)?);
    Ok(())
}

fn member_bytes(archive: &Bytes, member: &ArchiveMember<'_>) -> Option<Bytes> {
    let (start, size) = member.file_range();
    let start = usize::try_from(start).ok()?;
    let end = start.checked_add(usize::try_from(size).ok()?)?;
    archive.slice(start..end)
}

/// The member in which rustc keeps the metadata of an rlib: an object in form, but never linked.
fn is_rust_metadata(member: &str) -> bool {
    matches!(member, "lib.rmeta" | "rust.metadata.bin")
}
