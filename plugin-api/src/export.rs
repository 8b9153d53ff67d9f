//! The macro that turns a planner into a plugin.

/// Exports a planner from a `cdylib` crate.
///
/// `planner` and `name` come first; every other field is optional, in any order:
///
/// | field | value | default |
/// |---|---|---|
/// | `version`, `description` | text | the crate's own |
/// | `capabilities`, `tags` | list of texts | empty |
/// | `permissions` | list of texts: what the planner asks the operator for, e.g. `"net"` | empty |
/// | `tier` | `"alpha"`, `"beta"`, `"stable"`, `"gold"` or `"vip"` | none |
/// | `risk_rating` | `"low"`, `"medium"` or `"high"` | none |
/// | `reliability` | number from 0 to 1, written like `0.8` | none |
/// | `production_ready`, `quarantined`, `self_test` | `true` or `false` | `false` |
/// | `config_schema` | text: the JSON schema of the planner's settings | none |
///
/// The planner type implements [`Planner`](crate::Planner) and [`Default`]. A declaration that a host would refuse
/// does not compile, and the message says what is allowed:
///
/// ```compile_fail
/// # use plugin_api::{export_planner, Context, Plan, PlanError, PlanRequest, Planner};
/// # #[derive(Default)]
/// # struct MyPlanner;
/// # impl Planner for MyPlanner {
/// #     fn plan(&self, _: &PlanRequest, _: &Context) -> Result<Plan, PlanError> { todo!() }
/// # }
/// export_planner! {
///     planner: MyPlanner,
///     name: "my_planner",
///     tier: "betta",
/// }
/// ```
#[macro_export]
macro_rules! export_planner {
    (planner: $planner:ty, name: $name:expr $(, $field:ident : $value:expr)* $(,)?) => {
        const _: () = {
            const DECLARATION: $crate::manifest::Declaration = {
                let declaration = $crate::manifest::Declaration::new(
                    $name,
                    concat!("bad planner name \"", $name, "\": ", $crate::__name_rule!()),
                    $crate::manifest::BuildFacts {
                        version: env!("CARGO_PKG_VERSION"),
                        description: env!("CARGO_PKG_DESCRIPTION"),
                        debug: cfg!(debug_assertions),
                        panic_aborts: cfg!(panic = "abort"),
                    },
                );
                $(let declaration = $crate::__declare!(declaration, $field, $value);)*
                declaration
            };

            // The section must be written by the plugin's own crate: one in a dependency can be
            // dropped by the linker.
            #[used]
            #[unsafe(link_section = ".planner_manifest")]
            static MANIFEST: [u8; DECLARATION.json_len()] = DECLARATION.json();

            extern "C" fn root() -> $crate::abi::Root {
                $crate::abi::root::<$planner>(&MANIFEST)
            }

            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            static HEADER: $crate::abi::abi_stable::library::LibHeader = $crate::abi::header(root);
        };
    };
}

/// Applies one optional field of [`export_planner!`].
#[doc(hidden)]
#[macro_export]
macro_rules! __declare {
    ($declaration:ident, version, $value:expr) => {
        $declaration.version($value)
    };
    ($declaration:ident, description, $value:expr) => {
        $declaration.description($value)
    };
    ($declaration:ident, capabilities, $value:expr) => {
        $declaration.capabilities(&$value)
    };
    ($declaration:ident, tags, $value:expr) => {
        $declaration.tags(&$value)
    };
    ($declaration:ident, permissions, $value:expr) => {
        $declaration.permissions(&$value)
    };
    ($declaration:ident, tier, $value:expr) => {
        $declaration.tier(
            $value,
            concat!(
                "unknown tier \"",
                $value,
                "\"; one of alpha, beta, stable, gold, vip"
            ),
        )
    };
    ($declaration:ident, risk_rating, $value:expr) => {
        $declaration.risk_rating(
            $value,
            concat!(
                "unknown risk rating \"",
                $value,
                "\"; one of low, medium, high"
            ),
        )
    };
    ($declaration:ident, reliability, $value:expr) => {
        $declaration.reliability(
            stringify!($value),
            concat!(
                "bad reliability ",
                stringify!($value),
                "; a number from 0 to 1, written like 0.8"
            ),
        )
    };
    ($declaration:ident, config_schema, $value:expr) => {
        $declaration.config_schema($value)
    };
    ($declaration:ident, production_ready, $value:expr) => {
        $declaration.production_ready($value)
    };
    ($declaration:ident, quarantined, $value:expr) => {
        $declaration.quarantined($value)
    };
    ($declaration:ident, self_test, $value:expr) => {
        $declaration.self_test($value)
    };
    ($declaration:ident, $field:ident, $value:expr) => {
        compile_error!(concat!(
            "unknown field \"",
            stringify!($field),
            "\"; one of version, description, capabilities, \
             tags, permissions, tier, risk_rating, reliability, production_ready, quarantined, \
             self_test, config_schema"
        ))
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_header_is_exported_under_the_name_that_abi_stable_looks_for() {
        assert_eq!(
            abi_stable::library::ROOT_MODULE_LOADER_NAME,
            "_1as_0lib_1header_0root_bmodule_bloader"
        );
    }
}
