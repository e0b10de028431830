use super::{Piece, Shape, Templates};
use crate::policy::template::Template;

fn template(text: &str) -> Template {
    Template::parse(text).unwrap()
}

fn shape(text: &str) -> Shape {
    Shape::of(&template(text))
}

#[test]
fn a_shape_gives_its_template_back() {
    for text in ["/", "/{**}", "/a/{segment}/b", "/a/{**}"] {
        assert_eq!(shape(text).template().unwrap().to_string(), text);
    }
    let longer = Shape { pieces: vec![Piece::LongerThan("a".into())], rest: false };
    assert_eq!(longer.template(), None);
}

#[test]
fn what_is_common_is_in_both() {
    for (left, right, common) in [
        ("/{a}/b", "/a/{b}", Some("/a/b")),
        ("/a/{**}", "/{x}/{y}", Some("/a/{y}")),
        ("/a/{**}", "/{x}/b/{**}", Some("/a/b/{**}")),
        ("/a/{**}", "/A", Some("/a")),
        ("/a", "/b", None),
        ("/a", "/a/{b}", None),
    ] {
        let common = common.map(shape);
        assert_eq!(shape(left).intersection(&shape(right)), common, "{left} {right}");
    }
}

#[test]
fn what_begins_so_and_goes_on_is_another_segment() {
    let longer = |start: &str| Shape { pieces: vec![Piece::LongerThan(start.into())], rest: true };
    assert_eq!(longer("dash").intersection(&shape("/dash")), None);
    assert_eq!(longer("dash").intersection(&shape("/Dashboard")), Some(shape("/Dashboard")));
    assert_eq!(longer("dash").intersection(&longer("dashb")), Some(longer("dashb")));
    assert_eq!(longer("dash").intersection(&longer("x")), None);
    assert!(shape("/{**}").covers(&longer("dash")) && !shape("/dash/{**}").covers(&longer("dash")));
    assert!(longer("dash").covers(&longer("dashb")) && !longer("dashb").covers(&longer("dash")));
}

#[test]
fn a_template_gets_what_none_before_it_takes() {
    let mut templates = Templates::default();
    for text in ["/admin/{**}", "/{page}", "/ADMIN/{**}"] {
        templates.add(template(text));
    }
    assert_eq!(templates.iter().count(), 2);
    let admin = Shape::of(&template("/admin/{**}"));
    let longer = Shape { pieces: vec![Piece::LongerThan("admin".into())], rest: true };
    assert!(!templates.reaches(&admin, &template("/{page}")));
    assert!(templates.reaches(&longer, &template("/{page}")));
    assert!(templates.reaches(&admin, &template("/admin/{**}")));
    assert!(!templates.reaches(&admin, &template("/{**}")));
    assert!(templates.reaches(&longer, &template("/{**}")));
}
