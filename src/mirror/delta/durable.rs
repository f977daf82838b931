//! Files of a log that last.
//!
//! In: what `deltalake` puts. Out: files that are on the disk, with their names, before the put is told done. The crate's
//! own local store leaves that to the system: after a power cut a version could be there under its name, but empty.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path as FilePath, PathBuf};

/// The file system, with puts that last.
#[derive(Debug, Default)]
pub struct Durable {
    files: LocalFileSystem,
}

impl fmt::Display for Durable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.files)
    }
}

fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Generic { store: "file", source: source.into() }
}

/// Writes beside the path, makes the bytes last, then gives the name. A new name is given only if nobody has it.
fn put(path: &FilePath, payload: &PutPayload, mode: &PutMode) -> Result<()> {
    let folder = path.parent().unwrap_or(FilePath::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    if let Some(above) = folder.parent() {
        sync_folder(above).map_err(failed)?;
    }
    let mut builder = tempfile::Builder::new();
    let builder = super::super::frame::readable(builder.prefix(".writing-").suffix(".tmp"));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    payload.iter().try_for_each(|bytes| file.write_all(bytes)).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    let done = match mode {
        PutMode::Create => file.persist_noclobber(path),
        _ => file.persist(path),
    };
    done.map_err(|e| match e.error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Error::AlreadyExists { path: path.display().to_string(), source: e.error.into() }
        }
        _ => failed(e.error),
    })?;
    sync_folder(folder).map_err(failed)
}

/// Makes the names in a folder last. Systems that cannot open folders make them last themselves.
pub fn sync_folder(folder: &FilePath) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[async_trait]
impl ObjectStore for Durable {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let path = self.files.path_to_filesystem(location)?;
        put(&path, &payload, &options.mode)?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(&self, location: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let path = self.files.path_to_filesystem(location)?;
        Ok(Box::new(Gathered { path, parts: Vec::new() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.files.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.files.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.files.rename_opts(from, to, options).await
    }
}

/// A large file of a log, such as a checkpoint of many files: its parts are kept until it is whole, and put like any other.
#[derive(Debug)]
struct Gathered {
    path: PathBuf,
    parts: Vec<Bytes>,
}

#[async_trait]
impl MultipartUpload for Gathered {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.parts.extend(data);
        Box::pin(std::future::ready(Ok(())))
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let payload = std::mem::take(&mut self.parts).into_iter().collect();
        put(&self.path, &payload, &PutMode::Overwrite)?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn abort(&mut self) -> Result<()> {
        self.parts.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_once_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log/0.json");
        put(&path, &PutPayload::from_static(b"first"), &PutMode::Create).unwrap();
        let again = put(&path, &PutPayload::from_static(b"second"), &PutMode::Create);
        assert!(matches!(again, Err(Error::AlreadyExists { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        put(&path, &PutPayload::from_static(b"third"), &PutMode::Overwrite).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"third");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }
}
