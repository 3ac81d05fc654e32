//! Shapes that are formulas.
//!
//! Eight families, one stratum each: sphere, box, torus, capsule, cylinder, cone, and smooth unions of two or
//! three of these. Sizes, turns and places come from the stream of the shape's name; the whole is scaled so
//! that it fits the ball of every other source (`shapes`), to between 0.7 and 1 of its radius. The distance of
//! a single body is exact (closed forms after Quilez, "Distance functions", iquilezles.org); that of a smooth
//! union, min(a, b) − max(k − |a − b|, 0)² / (4k), has the right surface and is a lower bound of the distance
//! where the parts blend or overlap.

use super::ball::RADIUS;
use crate::random::Stream;
use parry3d_f64::math::Vector;

pub(super) const FAMILIES: [&str; 8] =
    ["box", "capsule", "cone", "cylinder", "sphere", "torus", "union-of-three", "union-of-two"];

/// Surface points are drawn from the shell |d| < this, then moved onto the surface.
const SHELL: f64 = 0.02;

/// A body about the origin; its axis, if it has one, is y.
#[derive(Clone, Copy, Debug)]
enum Body {
    Ball { radius: f64 },
    Cuboid { half: Vector },
    Torus { ring: f64, tube: f64 },
    Capsule { half: f64, radius: f64 },
    Cylinder { half: f64, radius: f64 },
    Cone { half: f64, radius: f64 },
}

/// A body that is turned (the rows are its axes) and moved.
#[derive(Clone, Debug)]
struct Part {
    body: Body,
    axes: [Vector; 3],
    centre: Vector,
}

/// A smooth union of parts, scaled.
#[derive(Clone, Debug)]
pub(crate) struct Analytic {
    parts: Vec<Part>,
    blend: f64,
    scale: f64,
}

impl Analytic {
    /// The shape of a name: its family stands before the first `/`.
    pub fn named(name: &str) -> Self {
        let mut stream = Stream::named(&["analytic3d", name]);
        let family = name.split('/').next().unwrap_or_default();
        let parts = match family {
            "union-of-two" => union(2, &mut stream),
            "union-of-three" => union(3, &mut stream),
            body => vec![Part::new(Body::drawn(body, &mut stream), Vector::ZERO, &mut stream)],
        };
        let farthest = parts.iter().map(|part| part.centre.length() + part.body.reach()).fold(0.0, f64::max);
        let scale = RADIUS * stream.between(0.7, 1.0) / farthest;
        Self { parts, blend: 0.15, scale }
    }

    /// Signed distance; a lower bound of it inside blends and overlaps.
    pub fn distance(&self, point: Vector) -> f64 {
        let at = point / self.scale;
        let mut distances = self.parts.iter().map(|part| part.distance(at));
        let first = distances.next().unwrap_or(f64::INFINITY);
        self.scale * distances.fold(first, |a, b| smooth_min(a, b, self.blend))
    }

    /// Points on the surface, uniform by area: uniform in the cube, kept where |d| < [`SHELL`], then moved by p − d ∇d
    /// until they are on it. A shell of constant thickness has the surface's area to second order in that thickness.
    pub fn surface(&self, count: usize, stream: &mut Stream) -> Vec<Vector> {
        let mut points = Vec::with_capacity(count);
        while points.len() < count {
            let drawn = stream.in_cube();
            if self.distance(drawn).abs() < SHELL {
                let moved = (0..5).fold(drawn, |point, _| self.towards_surface(point));
                points.extend((self.distance(moved).abs() < 1e-5).then_some(moved)); // but for some at creases
            }
        }
        points
    }

    fn towards_surface(&self, point: Vector) -> Vector {
        let step = 1e-6;
        let slope = |axis: Vector| self.distance(point + axis * step) - self.distance(point - axis * step);
        let gradient = Vector::new(slope(Vector::X), slope(Vector::Y), slope(Vector::Z)) / (2.0 * step);
        point - gradient * (self.distance(point) / gradient.length_squared().max(0.25))
    }
}

/// Bodies that overlap: each later one is centred within the reach of the first.
fn union(count: usize, stream: &mut Stream) -> Vec<Part> {
    let body = |stream: &mut Stream| {
        let family = FAMILIES[stream.below(6)];
        Body::drawn(family, stream)
    };
    let first = body(stream);
    let mut parts = vec![Part::new(first, Vector::ZERO, stream)];
    for _ in 1..count {
        let next = body(stream);
        let direction = stream.normals().normalize();
        let offset = stream.between(0.5, 0.9) * first.reach();
        parts.push(Part::new(next, direction * offset, stream));
    }
    parts
}

fn smooth_min(a: f64, b: f64, blend: f64) -> f64 {
    let overlap = (blend - (a - b).abs()).max(0.0);
    a.min(b) - overlap * overlap / (4.0 * blend)
}

impl Part {
    fn new(body: Body, centre: Vector, stream: &mut Stream) -> Self {
        let first = stream.normals().normalize();
        let second = first.cross(stream.normals()).normalize();
        Self { body, axes: [first, second, first.cross(second)], centre }
    }

    fn distance(&self, point: Vector) -> f64 {
        let at = point - self.centre;
        self.body.distance(Vector::new(self.axes[0].dot(at), self.axes[1].dot(at), self.axes[2].dot(at)))
    }
}

impl Body {
    fn drawn(family: &str, stream: &mut Stream) -> Self {
        let mut length = |low, high| stream.between(low, high);
        match family {
            "box" => Body::Cuboid { half: Vector::new(length(0.3, 1.0), length(0.3, 1.0), length(0.3, 1.0)) },
            "capsule" => Body::Capsule { half: length(0.3, 1.0), radius: length(0.25, 0.6) },
            "cone" => Body::Cone { half: length(0.5, 1.0), radius: length(0.4, 0.9) },
            "cylinder" => Body::Cylinder { half: length(0.3, 1.0), radius: length(0.3, 0.9) },
            "torus" => Body::Torus { ring: length(0.6, 1.0), tube: length(0.2, 0.4) },
            _ => Body::Ball { radius: length(0.5, 1.0) },
        }
    }

    /// Distance of the farthest point from the origin.
    fn reach(&self) -> f64 {
        match *self {
            Body::Ball { radius } => radius,
            Body::Cuboid { half } => half.length(),
            Body::Torus { ring, tube } => ring + tube,
            Body::Capsule { half, radius } => half + radius,
            Body::Cylinder { half, radius } | Body::Cone { half, radius } => half.hypot(radius),
        }
    }

    fn distance(&self, p: Vector) -> f64 {
        let across = p.x.hypot(p.z); // distance from the axis
        match *self {
            Body::Ball { radius } => p.length() - radius,
            Body::Cuboid { half } => {
                let beyond = p.abs() - half;
                beyond.max(Vector::ZERO).length() + beyond.max_element().min(0.0)
            }
            Body::Torus { ring, tube } => (across - ring).hypot(p.y) - tube,
            Body::Capsule { half, radius } => across.hypot(p.y - p.y.clamp(-half, half)) - radius,
            Body::Cylinder { half, radius } => {
                let (side, cap) = (across - radius, p.y.abs() - half);
                side.max(cap).min(0.0) + side.max(0.0).hypot(cap.max(0.0))
            }
            Body::Cone { half, radius } => cone(across, p.y, half, radius),
        }
    }
}

/// In the half plane (distance from the axis, height), a cone is the triangle (0, half), (radius, −half), (0, −half);
/// the edge on the axis is no surface.
fn cone(across: f64, y: f64, half: f64, radius: f64) -> f64 {
    let to_base = (across - radius).max(0.0).hypot(y + half);
    let along =
        ((across * radius + (half - y) * 2.0 * half) / (radius * radius + 4.0 * half * half)).clamp(0.0, 1.0);
    let to_side = (across - along * radius).hypot(y - half + along * 2.0 * half);
    let inside = y > -half && across * 2.0 * half < (half - y) * radius;
    if inside { -to_base.min(to_side) } else { to_base.min(to_side) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes() -> impl Iterator<Item = (String, Analytic)> {
        FAMILIES.iter().flat_map(|family| (0..3).map(move |n| format!("{family}/{n:03}"))).map(|name| {
            let shape = Analytic::named(&name);
            (name, shape)
        })
    }

    /// |d(p) − d(q)| ≤ |p − q| everywhere, and the points of `surface` lie on the surface inside the ball.
    #[test]
    fn every_family_is_a_distance_and_fits_the_ball() {
        for (name, shape) in shapes() {
            let mut stream = Stream::named(&["test", &name]);
            for _ in 0..2000 {
                let (p, q) = (stream.in_cube(), stream.in_cube());
                let change = (shape.distance(p) - shape.distance(q)).abs();
                assert!(
                    change <= (p - q).length() * (1.0 + 1e-12),
                    "{name}: {change} over {}",
                    (p - q).length()
                );
            }
            for point in shape.surface(200, &mut stream) {
                assert!(shape.distance(point).abs() < 1e-5, "{name}: {}", shape.distance(point));
                assert!(point.length() <= RADIUS + 1e-5, "{name}: {point}");
            }
        }
    }

    /// A single body's distance is that to its nearest surface point: with n points the nearest of them is
    /// farther by at most the square of their spacing over the distance.
    #[test]
    fn the_distance_of_single_bodies_is_exact() {
        for (name, shape) in shapes().filter(|(name, _)| !name.starts_with("union")) {
            let mut stream = Stream::named(&["test", &name]);
            let surface = shape.surface(20_000, &mut stream);
            for _ in 0..40 {
                let point = stream.in_cube();
                let nearest = surface.iter().map(|s| (*s - point).length()).fold(f64::INFINITY, f64::min);
                let gap = nearest - shape.distance(point).abs();
                assert!((-2e-3..0.02).contains(&gap), "{name}: nearest {nearest}, {}", shape.distance(point));
            }
        }
    }

    #[test]
    fn a_name_is_a_shape_and_families_differ() {
        let at = Vector::new(0.3, 0.2, -0.1);
        let distance = |name: &str| Analytic::named(name).distance(at);
        assert_eq!(distance("torus/003"), distance("torus/003"));
        assert_ne!(distance("torus/003"), distance("torus/004"));
    }
}
