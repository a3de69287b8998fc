//! What stands in a file of a project: a template's text, with the lines that belong to roles it has, under its own name.
//!
//! A template is a working project called `my-plugin` with every role. Lines that belong to one of them stand between
//! comments of their own: `role lookup-service` or `without topic-manager`, and `end role`.

use crate::choice::Role;
use crate::name::Name;

/// What a comment in a template says of the lines behind it.
enum Mark {
    /// For projects that have the role.
    With(Role),
    /// For projects that do not.
    Without(Role),
    /// For all again.
    End,
}

/// How the comments of the templates' languages begin and end.
const COMMENTS: [(&str, &str); 3] = [("//", ""), ("#", ""), ("<!--", "-->")];

fn mark(line: &str) -> Option<Mark> {
    let line = line.trim();
    let inside = COMMENTS.iter().find_map(|(before, behind)| line.strip_prefix(before)?.strip_suffix(behind))?;
    match inside.trim().split_once(' ')? {
        ("end", "role") => Some(Mark::End),
        ("role", name) => Role::named(name).map(Mark::With),
        ("without", name) => Role::named(name).map(Mark::Without),
        _ => None,
    }
}

/// A template's text for a project with these roles and this name.
pub(crate) fn render(template: &str, roles: &[Role], name: &Name) -> String {
    let mut text = String::with_capacity(template.len());
    let mut is_wanted = true;
    for line in template.split_inclusive('\n') {
        match mark(line) {
            Some(Mark::With(role)) => is_wanted = roles.contains(&role),
            Some(Mark::Without(role)) => is_wanted = !roles.contains(&role),
            Some(Mark::End) => is_wanted = true,
            None if is_wanted => text.push_str(line),
            None => {}
        }
    }
    named(&text, name)
}

/// The template's name, in each of its forms, replaced by the project's.
pub(crate) fn named(text: &str, name: &Name) -> String {
    let text = text.replace("my-plugin", name.as_str()).replace("my_plugin", &name.underscored());
    text.replace("My Plugin", &name.title())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "# My Plugin\n<!-- role topic-manager -->\ntm_my_plugin\n<!-- end role -->\n  // role lookup-service\nls\n  // end role\n# without topic-manager\nnone\n# end role\n// role of the reader\nmy-plugin";

    #[test]
    fn a_project_has_the_lines_of_its_roles_under_its_own_name() {
        let name = Name::new("red-tickets").unwrap();
        let with = |roles: &[Role]| render(TEMPLATE, roles, &name);
        assert_eq!(with(&[Role::TopicManager]), "# Red Tickets\ntm_red_tickets\n// role of the reader\nred-tickets");
        assert_eq!(with(&[Role::LookupService]), "# Red Tickets\nls\nnone\n// role of the reader\nred-tickets");
    }
}
