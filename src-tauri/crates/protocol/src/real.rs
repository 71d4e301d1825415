//! A real number that survives JSON: NaN and the infinities travel as the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An `f64` whose JSON keeps NaN and infinities.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Real(pub f64);

impl From<f64> for Real {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

impl std::fmt::Display for Real {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Real {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_nan() {
            serializer.serialize_str("NaN")
        } else if self.0.is_infinite() {
            serializer.serialize_str(if self.0 > 0.0 { "Infinity" } else { "-Infinity" })
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Real;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, \"NaN\", \"Infinity\" or \"-Infinity\"")
            }
            fn visit_f64<E>(self, value: f64) -> Result<Real, E> {
                Ok(Real(value))
            }
            #[expect(clippy::cast_precision_loss, reason = "JSON knows one kind of number")]
            fn visit_i64<E>(self, value: i64) -> Result<Real, E> {
                Ok(Real(value as f64))
            }
            #[expect(clippy::cast_precision_loss, reason = "JSON knows one kind of number")]
            fn visit_u64<E>(self, value: u64) -> Result<Real, E> {
                Ok(Real(value as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Real, E> {
                match text {
                    "NaN" => Ok(Real(f64::NAN)),
                    "Infinity" => Ok(Real(f64::INFINITY)),
                    "-Infinity" => Ok(Real(f64::NEG_INFINITY)),
                    other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_lacks_round_trips_as_text() {
        let all = vec![Real(1.5), Real(f64::INFINITY), Real(f64::NEG_INFINITY)];
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(text, r#"[1.5,"Infinity","-Infinity"]"#);
        assert_eq!(serde_json::from_str::<Vec<Real>>(&text).unwrap(), all);
        assert!(serde_json::from_str::<Real>("\"NaN\"").unwrap().0.is_nan());
        assert!(serde_json::from_str::<Real>("\"nothing\"").is_err());
    }
}
