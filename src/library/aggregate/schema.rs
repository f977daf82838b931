//! The schema of dynamic values, for `buildschema`.

use crate::value::{Json, Value};
use indexmap::IndexMap;

/// What a place in the values was seen to hold.
#[derive(Default)]
struct Shape {
    /// Properties of bags, where any was seen.
    properties: Option<IndexMap<String, Shape>>,
    /// Elements of arrays, where any was seen.
    elements: Option<Box<Shape>>,
    /// Names of scalar types, in the order in which they were met.
    scalars: Vec<&'static str>,
}

/// The smallest schema that admits all values.
pub(super) fn buildschema<'a>(values: impl Iterator<Item = &'a Value>) -> Json {
    let mut shape = Shape::default();
    for value in values {
        if let Value::Dynamic(json) = value {
            shape.admit(json);
        }
    }
    shape.to_json()
}

impl Shape {
    fn admit(&mut self, json: &Json) {
        match json {
            Json::Null => {}
            Json::Bool(_) => self.admit_scalar("bool"),
            Json::Number(n) if n.is_i64() => self.admit_scalar("long"),
            Json::Number(_) => self.admit_scalar("double"),
            Json::String(_) => self.admit_scalar("string"),
            Json::Array(items) => {
                let elements = self.elements.get_or_insert_default();
                items.iter().for_each(|item| elements.admit(item));
            }
            Json::Object(bag) => {
                let properties = self.properties.get_or_insert_default();
                bag.iter().for_each(|(name, value)| properties.entry(name.clone()).or_default().admit(value));
            }
        }
    }

    fn admit_scalar(&mut self, name: &'static str) {
        if !self.scalars.contains(&name) {
            self.scalars.push(name);
        }
    }

    /// One shape as itself, several as an array: bags and arrays lead.
    fn to_json(&self) -> Json {
        let mut shapes = Vec::new();
        if self.properties.is_some() || self.elements.is_some() {
            let mut object = serde_json::Map::new();
            for (name, shape) in self.properties.iter().flatten() {
                object.insert(name.clone(), shape.to_json());
            }
            if let Some(elements) = &self.elements {
                object.insert("`indexer`".to_owned(), elements.to_json());
            }
            shapes.push(Json::Object(object));
        }
        shapes.extend(self.scalars.iter().map(|name| Json::from(*name)));
        match <[Json; 1]>::try_from(shapes) {
            Ok([only]) => only,
            Err(several) if several.is_empty() => Json::Null,
            Err(several) => Json::Array(several),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn joins_the_shapes_of_all_values() {
        let values = [json!({"a": 1, "b": [1, "x"]}), json!({"a": {"c": true}})].map(Value::Dynamic);
        let expected = json!({"a": [{"c": "bool"}, "long"], "b": {"`indexer`": ["long", "string"]}});
        assert_eq!(buildschema(values.iter()), expected);
    }
}
