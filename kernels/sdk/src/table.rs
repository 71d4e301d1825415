//! The training table: an Arrow IPC file, mapped, its needed columns seen as numbers.
//!
//! A `Float64` column of a file with one record batch is used where it lies in the mapped file. Several
//! batches, nulls and other number types are copied once into such a column. What an algorithm derives from
//! a table (a transposed or binned copy) it keeps in [`Table::derived`], so that the next trial finds it; it
//! goes when the table goes.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::{Block, MetadataVersion, root_as_footer};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use cairn_kernel_protocol::{Task, TrainingTable};

use crate::error::KernelError;
use crate::map::map_file;
use crate::matrix::{Column, Matrix};

/// Things computed from a table, one of each type.
#[derive(Default)]
pub struct Derived {
    kept: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl Derived {
    /// The kept value of this type, or the one `build` makes now.
    ///
    /// # Errors
    /// What `build` returns.
    pub fn get<T: Send + Sync + 'static>(
        &self,
        build: impl FnOnce() -> Result<T, KernelError>,
    ) -> Result<Arc<T>, KernelError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.get(&TypeId::of::<T>())
            && let Ok(found) = Arc::clone(found).downcast::<T>()
        {
            return Ok(found);
        }
        let built = Arc::new(build()?);
        kept.insert(TypeId::of::<T>(), Arc::clone(&built) as Arc<dyn Any + Send + Sync>);
        Ok(built)
    }
}

impl std::fmt::Debug for Derived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Derived")
    }
}

/// One selection of columns of a mapped file: features, and where they are named, target and part.
#[derive(Debug)]
pub struct Table {
    wanted: TrainingTable,
    features: Matrix,
    target: Option<Column>,
    parts: [Vec<usize>; 3],
    of_features: Arc<Derived>,
    derived: Derived,
}

impl Table {
    pub(crate) fn is(&self, wanted: &TrainingTable) -> bool {
        self.wanted == *wanted
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.features.rows() * self.features.width() * size_of::<f64>()
    }

    /// The feature columns, all rows.
    #[must_use]
    pub fn features(&self) -> &Matrix {
        &self.features
    }

    /// Names of the feature columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.wanted.features
    }

    /// Number of rows, all parts.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.features.rows()
    }

    /// The target of every row; NaN where it is missing, empty where the table has none.
    #[must_use]
    pub fn target(&self) -> &[f64] {
        self.target.as_deref().unwrap_or_default()
    }

    /// Rows to train on, ascending.
    #[must_use]
    pub fn training(&self) -> &[usize] {
        &self.parts[0]
    }

    /// Rows to watch while training, ascending; those whose target is missing are left out.
    #[must_use]
    pub fn validation(&self) -> &[usize] {
        &self.parts[1]
    }

    /// Rows of part 0, 1 or 2, ascending; those whose target is missing are left out of 1 and 2.
    #[must_use]
    pub fn part(&self, part: u8) -> &[usize] {
        self.parts.get(usize::from(part)).map_or(&[], Vec::as_slice)
    }

    /// What is kept for these features, target and part.
    #[must_use]
    pub fn derived(&self) -> &Derived {
        &self.derived
    }

    /// What is kept for these features alone, shared by every target and part (every fold) over the file.
    #[must_use]
    pub fn derived_of_features(&self) -> &Derived {
        &self.of_features
    }

    /// Checks that a model of this task can be trained: features, training rows, and fitting targets in them.
    pub(crate) fn check_trainable(&self, task: Task, classes: usize) -> Result<(), KernelError> {
        let Some(name) = self.wanted.target.as_deref() else {
            return Err(KernelError::refused("No target column is named", "Choose the column to predict"));
        };
        if self.features.width() == 0 {
            return Err(KernelError::refused("There is no feature column", "Choose at least one column to learn from"));
        }
        let (target, rows) = (self.target(), self.training());
        if rows.is_empty() {
            return Err(KernelError::refused("There is no training row", "Look at the split: every row is held out"));
        }
        let odd = |what: &str, rows: usize| {
            KernelError::refused(
                format!("The target {name} has {rows} {what} among the training rows"),
                "Drop or repair these rows in a step before the split",
            )
        };
        let bad = rows.iter().filter(|&&row| !target[row].is_finite()).count();
        if bad > 0 {
            return Err(odd("missing or infinite values", bad));
        }
        if task == Task::Regression {
            return Ok(());
        }
        if classes < 2 {
            return Err(KernelError::refused(
                format!("The target {name} has {classes} classes; two or more are needed"),
                "Choose another target, or regression",
            ));
        }
        let limit = classes as f64;
        let fits = |value: f64| value.fract() == 0.0 && value >= 0.0 && value < limit;
        for rows in [rows, self.validation()] {
            let bad = rows.iter().filter(|&&row| !fits(target[row])).count();
            if bad > 0 {
                return Err(odd(&format!("values that are not a class from 0 to {}", classes - 1), bad));
            }
        }
        let first = target[rows[0]];
        if rows.iter().all(|&row| target[row] == first) {
            return Err(KernelError::refused(
                format!("All {} training rows have the same class {first} of {name}", rows.len()),
                "A classifier needs rows of at least two classes: look at filters and split, or stratify the split",
            ));
        }
        Ok(())
    }
}

/// A mapped file and the columns of it that were asked for.
pub(crate) struct TableFile {
    path: PathBuf,
    buffer: Buffer,
    schema: SchemaRef,
    version: MetadataVersion,
    blocks: Vec<Block>,
    columns: Mutex<HashMap<usize, Column>>,
    /// Kept by the tables that use them: a selection of columns that no table uses any more frees its copies.
    of_features: Mutex<HashMap<Vec<String>, Weak<Derived>>>,
}

impl TableFile {
    pub(crate) fn open(path: &Path) -> Result<Self, KernelError> {
        let buffer =
            map_file(path).map_err(|source| KernelError::File { doing: "read", path: path.to_owned(), source })?;
        let malformed = |reason: String| KernelError::Malformed { path: path.to_owned(), reason };
        let arrow = |error: ArrowError| malformed(error.to_string());
        let not_arrow = || malformed("not an Arrow IPC file".to_owned());
        let trailer: [u8; 10] = buffer.last_chunk::<10>().copied().ok_or_else(not_arrow)?;
        let length = read_footer_length(trailer).map_err(|_| not_arrow())?;
        let end = buffer.len() - trailer.len();
        let start = end.checked_sub(length).ok_or_else(not_arrow)?;
        let footer = root_as_footer(&buffer[start..end]).map_err(|error| malformed(error.to_string()))?;
        let schema = footer.schema().ok_or_else(not_arrow)?;
        let schema = Arc::new(try_fb_to_schema(schema).map_err(arrow)?);
        let version = footer.version();
        let blocks = footer.recordBatches().map(|blocks| blocks.iter().copied().collect()).unwrap_or_default();
        Ok(Self {
            path: path.to_owned(),
            buffer,
            schema,
            version,
            blocks,
            columns: Mutex::default(),
            of_features: Mutex::default(),
        })
    }

    pub(crate) fn table(&self, wanted: &TrainingTable) -> Result<Table, KernelError> {
        let names = wanted.features.iter().chain(&wanted.target).chain(&wanted.part);
        let indices = names.map(|name| self.find(name)).collect::<Result<Vec<usize>, _>>()?;
        self.read(&indices)?;
        let columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        let column = |index: &usize| columns[index].clone();
        let width = wanted.features.len();
        let rows = match indices.first() {
            Some(index) => columns[index].len(),
            None => return Err(KernelError::refused("There is no feature column", "Choose at least one column")),
        };
        let features = Matrix::new(indices[..width].iter().map(column).collect(), rows);
        let mut rest = indices[width..].iter().map(column);
        let target = wanted.target.as_ref().and_then(|_| rest.next());
        let part = wanted.part.as_ref().and_then(|_| rest.next());
        let parts = self.parts(rows, part.as_deref(), target.as_deref())?;
        let mut of_features = self.of_features.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = of_features.entry(wanted.features.clone()).or_default();
        let of_features = kept.upgrade().unwrap_or_else(|| {
            let fresh = Arc::new(Derived::default());
            *kept = Arc::downgrade(&fresh);
            fresh
        });
        Ok(Table { wanted: wanted.clone(), features, target, parts, of_features, derived: Derived::default() })
    }

    fn malformed(&self, reason: impl ToString) -> KernelError {
        KernelError::Malformed { path: self.path.clone(), reason: reason.to_string() }
    }

    fn find(&self, name: &str) -> Result<usize, KernelError> {
        self.schema.index_of(name).map_err(|_| {
            KernelError::refused(
                format!("The table {} has no column {name}", self.path.display()),
                "Run the steps above again, or leave the column out",
            )
        })
    }

    /// The rows of each part.
    fn parts(&self, rows: usize, part: Option<&[f64]>, target: Option<&[f64]>) -> Result<[Vec<usize>; 3], KernelError> {
        let Some(part) = part else { return Ok([(0..rows).collect(), Vec::new(), Vec::new()]) };
        let mut parts = [Vec::new(), Vec::new(), Vec::new()];
        let labelled = |row: usize| target.is_none_or(|target| !target[row].is_nan());
        for (row, &value) in part.iter().enumerate() {
            match value {
                0.0 => parts[0].push(row),
                1.0 if labelled(row) => parts[1].push(row),
                2.0 if labelled(row) => parts[2].push(row),
                1.0 | 2.0 => {}
                _ => return Err(self.malformed(format!("row {row} is of part {value}; 0, 1 and 2 are known"))),
            }
        }
        Ok(parts)
    }

    /// Makes sure that these columns are in `columns`.
    fn read(&self, indices: &[usize]) -> Result<(), KernelError> {
        let mut columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        let mut missing: Vec<usize> = indices.iter().copied().filter(|index| !columns.contains_key(index)).collect();
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        for &index in &missing {
            let field = self.schema.field(index);
            if !is_number(field.data_type()) {
                return Err(KernelError::refused(
                    format!("The column {} is of type {}; numbers are needed", field.name(), field.data_type()),
                    "Encode it in a step before training, or leave it out",
                ));
            }
        }
        let decoder = FileDecoder::new(Arc::clone(&self.schema), self.version).with_projection(missing.clone());
        let mut pieces: Vec<Vec<ArrayRef>> = vec![Vec::new(); missing.len()];
        for block in &self.blocks {
            let (Ok(offset), Ok(meta), Ok(body)) = (
                usize::try_from(block.offset()),
                usize::try_from(block.metaDataLength()),
                usize::try_from(block.bodyLength()),
            ) else {
                return Err(self.malformed("a record batch has a negative size"));
            };
            if offset.saturating_add(meta).saturating_add(body) > self.buffer.len() {
                return Err(self.malformed("a record batch ends behind the end of the file"));
            }
            let data = self.buffer.slice_with_length(offset, meta + body);
            let batch = decoder.read_record_batch(block, &data).map_err(|error| self.malformed(error))?;
            for (pieces, array) in pieces.iter_mut().zip(batch.iter().flat_map(|batch| batch.columns())) {
                pieces.push(Arc::clone(array));
            }
        }
        columns.extend(missing.into_iter().zip(pieces.iter().map(|pieces| to_column(pieces))));
        Ok(())
    }
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Float32 | DataType::Float64 | DataType::Boolean)
}

/// One column from its pieces: the mapped memory itself where that will do.
fn to_column(pieces: &[ArrayRef]) -> Column {
    if let [only] = pieces
        && only.null_count() == 0
        && let Some(floats) = only.as_primitive_opt::<Float64Type>()
    {
        return floats.values().clone();
    }
    let mut values = Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum());
    for piece in pieces {
        append(&mut values, piece);
    }
    values.into()
}

/// Appends an array of any type that [`is_number`] accepts; beyond 2^53 the nearest double is meant.
fn append(values: &mut Vec<f64>, array: &ArrayRef) {
    let start = values.len();
    macro_rules! numbers {
        ($($variant:ident => $kind:ty),*) => {
            match array.data_type() {
                $(DataType::$variant => values.extend(array.as_primitive::<$kind>().values().iter().map(|&v| v as f64)),)*
                DataType::Boolean => {
                    values.extend(array.as_boolean().values().iter().map(|yes| f64::from(u8::from(yes))));
                }
                _ => values.extend(std::iter::repeat_n(f64::NAN, array.len())),
            }
        };
    }
    numbers!(
        Float64 => Float64Type, Float32 => Float32Type, Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type,
        Int64 => Int64Type, UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type
    );
    if let Some(nulls) = array.nulls() {
        for (value, valid) in values[start..].iter_mut().zip(nulls.iter()) {
            if !valid {
                *value = f64::NAN;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{BooleanArray, Float32Array, Float64Array, Int32Array, RecordBatch, StringArray, UInt8Array};
    use arrow_ipc::writer::FileWriter;

    fn write(path: &Path, batches: &[RecordBatch]) {
        let file = std::fs::File::create(path).unwrap();
        let mut writer = FileWriter::try_new_buffered(file, &batches[0].schema()).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
    }

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
    }

    fn wanted(path: &Path, features: &[&str]) -> TrainingTable {
        TrainingTable {
            path: path.display().to_string(),
            features: features.iter().map(|&name| name.to_owned()).collect(),
            target: Some("y".into()),
            part: Some("part".into()),
        }
    }

    #[test]
    fn every_number_type_becomes_a_column_and_null_becomes_nan() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.arrow");
        let piece = |at: i32, null: bool| {
            batch(vec![
                ("text", Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef),
                ("f64", Arc::new(Float64Array::from(vec![Some(f64::from(at)), if null { None } else { Some(0.5) }]))),
                ("f32", Arc::new(Float32Array::from(vec![1.5, f32::NAN]))),
                ("int", Arc::new(Int32Array::from(vec![Some(-at), None]))),
                ("bool", Arc::new(BooleanArray::from(vec![Some(true), None]))),
                ("y", Arc::new(Float64Array::from(vec![Some(1.0), if null { None } else { Some(0.0) }]))),
                ("part", Arc::new(UInt8Array::from(vec![0, 1]))),
            ])
        };
        write(&path, &[piece(1, false), piece(2, true)]);
        let file = TableFile::open(&path).unwrap();
        let table = file.table(&wanted(&path, &["bool", "f64", "f32", "int"])).unwrap();
        let shown: Vec<String> = table.features().columns().map(|column| format!("{column:?}")).collect();
        assert_eq!(
            shown,
            ["[1.0, NaN, 1.0, NaN]", "[1.0, 0.5, 2.0, NaN]", "[1.5, NaN, 1.5, NaN]", "[-1.0, NaN, -2.0, NaN]"]
        );
        assert_eq!((table.training(), table.validation()), (&[0, 2][..], &[1][..]));
        let refused = file.table(&wanted(&path, &["text"])).unwrap_err();
        assert!(refused.to_string().contains("The column text is of type Utf8"), "{refused}");
        assert!(file.table(&wanted(&path, &["gone"])).unwrap_err().to_string().contains("has no column gone"));
    }

    #[test]
    fn a_plain_column_is_the_mapped_memory_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.arrow");
        let numbers = |from: f64| Arc::new(Float64Array::from_iter_values((0..100).map(|i| from + f64::from(i))));
        let part = Arc::new(UInt8Array::from(vec![0; 100]));
        write(&path, &[batch(vec![("a", numbers(0.0) as ArrayRef), ("y", numbers(9.0)), ("part", part)])]);
        let file = TableFile::open(&path).unwrap();
        let table = file.table(&wanted(&path, &["a"])).unwrap();
        let mapped = file.buffer.as_ptr_range();
        assert!(mapped.contains(&table.features().column(0).as_ptr().cast::<u8>()));
        assert!(table.check_trainable(Task::Regression, 0).is_ok());
        let error = table.check_trainable(Task::Binary, 2).unwrap_err();
        assert!(error.to_string().contains("100 values that are not a class from 0 to 1"), "{error}");
    }

    #[test]
    fn what_is_not_a_table_is_refused_and_never_read_beyond_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.arrow");
        let column = Arc::new(Float64Array::from(vec![1.0; 64])) as ArrayRef;
        write(&path, &[batch(vec![("a", Arc::clone(&column)), ("y", Arc::clone(&column)), ("part", column)])]);
        let whole = std::fs::read(&path).unwrap();
        for bytes in [&b""[..], b"ARROW1", b"a,b\n1,2\n3,4\n", &whole[..whole.len() / 2], &whole[600..]] {
            let path = folder.path().join("bad.arrow");
            std::fs::write(&path, bytes).unwrap();
            let read = TableFile::open(&path).and_then(|file| file.table(&wanted(&path, &["a"])));
            assert!(matches!(read, Err(KernelError::Malformed { .. })), "{} bytes", bytes.len());
        }
    }
}
