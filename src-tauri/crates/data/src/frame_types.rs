//! The types of the table library in the words of the protocol.

use cairn_protocol::table::ColumnType;
use polars::prelude::DataType;

/// The protocol's word for a type of the table library.
#[must_use]
pub fn column_type(dtype: &DataType) -> ColumnType {
    match dtype {
        DataType::Boolean => ColumnType::Bool,
        DataType::Float32 | DataType::Float64 => ColumnType::Float,
        DataType::Date => ColumnType::Date,
        DataType::Datetime(..) => ColumnType::Datetime,
        DataType::Time => ColumnType::Time,
        DataType::Duration(..) => ColumnType::Duration,
        DataType::Categorical(..) | DataType::Enum(..) => ColumnType::Category,
        DataType::List(..) => ColumnType::List,
        dtype if dtype.is_integer() => ColumnType::Int,
        dtype if dtype.is_nested() => ColumnType::Struct,
        dtype if dtype.is_decimal() => ColumnType::Decimal,
        _ => ColumnType::Text,
    }
}

/// Names and types of a table's columns, in their order.
#[must_use]
pub fn schema(frame: &polars::prelude::DataFrame) -> Vec<(String, ColumnType)> {
    frame.columns().iter().map(|column| (column.name().to_string(), column_type(column.dtype()))).collect()
}
