//! Types that stand in a file as their text: what serde asks for with `#[serde(try_from = "String", into = "String")]`.

/// Lets serde read a type by its `FromStr` and write it by its `Display`.
#[macro_export]
macro_rules! text_form {
    ($name:ty) => {
        impl TryFrom<String> for $name {
            type Error = <$name as ::std::str::FromStr>::Err;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}
