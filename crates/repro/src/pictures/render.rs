//! Shaded pictures of surfaces: orthographic, a depth buffer, one light.
//!
//! Seen from the upper right front, y up; [`SIDE`] px, drawn at twice that and averaged; transparent where there is
//! nothing, so that a page may be light or dark.

use anyhow::Result;
use png::ColorType;

use super::png::encode;
use crate::measures::surface::Surface;

/// Side of a picture in pixels.
pub const SIDE: usize = 256;
/// The colour of a surface.
pub const GREY: [f32; 3] = [0.74, 0.78, 0.83];
/// Distances from the true surface that are drawn in full red.
pub const WORST: f32 = 0.05;

const FINE: usize = 2 * SIDE;
/// Half the width of what is seen, in units of the cube.
const SEEN: f32 = 1.05;
/// Towards the eye, and two directions of the picture: right and up. Orthonormal.
const EYE: [f32; 3] = [0.555_757, 0.432_255, 0.710_134];
const RIGHT: [f32; 3] = [0.787_505, 0.0, -0.616_308];
const UP: [f32; 3] = [-0.266_402, 0.901_751, -0.340_403];
/// Towards the light: from the upper left of the eye.
const LIGHT: [f32; 3] = [-0.170_833, 0.919_821, 0.353_193];

/// White to red, by the distance from the true surface.
pub fn error_colour(off: f32) -> [f32; 3] {
    let part = (off / WORST).clamp(0.0, 1.0);
    let (near, far) = ([0.93, 0.93, 0.90], [0.75, 0.10, 0.12]);
    [0, 1, 2].map(|i| near[i] + part * (far[i] - near[i]))
}

/// A surface, each vertex in its colour, as PNG.
///
/// # Errors
/// If the encoder fails.
pub fn surface(surface: &Surface, colour: impl Fn(usize) -> [f32; 3]) -> Result<Vec<u8>> {
    let mut canvas = Canvas::new();
    let seen: Vec<[f32; 3]> = surface.vertices.iter().map(|&v| project(v)).collect();
    let lit: Vec<[f32; 3]> = surface
        .normals
        .iter()
        .enumerate()
        .map(|(vertex, &normal)| colour(vertex).map(|c| c * shade(normal)))
        .collect();
    for triangle in &surface.triangles {
        let of = |all: &[[f32; 3]]| triangle.map(|vertex| all[vertex as usize]);
        canvas.triangle(of(&seen), of(&lit));
    }
    png(&canvas.pixels())
}

/// Points as small discs, the nearer the lighter, as PNG.
///
/// # Shapes
/// `points: [n, 3]`, row-major.
///
/// # Errors
/// If the encoder fails.
pub fn points(points: &[f32]) -> Result<Vec<u8>> {
    png(&points_pixels(points))
}

/// The same as pixels: red, green, blue, opacity.
///
/// # Shapes
/// `points: [n, 3]`; the result is `[SIDE * SIDE]`; both row-major.
pub fn points_pixels(points: &[f32]) -> Vec<[u8; 4]> {
    let mut canvas = Canvas::new();
    for point in points.chunks_exact(3) {
        let [x, y, depth] = project([point[0], point[1], point[2]]);
        let light = (0.55 + 0.4 * depth).clamp(0.15, 1.0);
        canvas.disc([x, y, depth], 3.0, GREY.map(|c| c * light));
    }
    canvas.pixels()
}

fn png(pixels: &[[u8; 4]]) -> Result<Vec<u8>> {
    encode(pixels.as_flattened(), [SIDE, SIDE], ColorType::Rgba)
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Column, row, and height towards the eye.
fn project(p: [f32; 3]) -> [f32; 3] {
    let pixel = |along: f32| (along / SEEN + 1.0) / 2.0 * FINE as f32;
    [pixel(dot(RIGHT, p)), FINE as f32 - pixel(dot(UP, p)), dot(EYE, p)]
}

/// Lambert's law above ambient light.
fn shade(normal: [f32; 3]) -> f32 {
    0.42 + 0.58 * dot(LIGHT, normal).max(0.0)
}

/// Colours and depths of the fine picture.
struct Canvas {
    colours: Vec<Option<[f32; 3]>>,
    depths: Vec<f32>,
}

impl Canvas {
    fn new() -> Self {
        Self { colours: vec![None; FINE * FINE], depths: vec![f32::NEG_INFINITY; FINE * FINE] }
    }

    fn put(&mut self, column: usize, row: usize, depth: f32, colour: [f32; 3]) {
        let pixel = row * FINE + column;
        if depth > self.depths[pixel] {
            self.depths[pixel] = depth;
            self.colours[pixel] = Some(colour);
        }
    }

    /// Every pixel whose centre is inside, its colour and depth between those of the corners.
    fn triangle(&mut self, corners: [[f32; 3]; 3], colours: [[f32; 3]; 3]) {
        let [a, b, c] = corners;
        let area = cross(a, b, c);
        if area == 0.0 {
            return;
        }
        let range = |axis: usize| {
            let of = corners.map(|corner| corner[axis]);
            let low = of.iter().copied().fold(f32::INFINITY, f32::min).max(0.0) as usize;
            let high =
                of.iter().copied().fold(f32::NEG_INFINITY, f32::max).clamp(0.0, FINE as f32 - 1.0) as usize;
            low..high + 1
        };
        for row in range(1) {
            for column in range(0) {
                let p = [column as f32 + 0.5, row as f32 + 0.5, 0.0];
                let parts = [cross(p, b, c) / area, cross(a, p, c) / area, cross(a, b, p) / area];
                if parts.iter().all(|&part| part >= 0.0) {
                    let mix = |of: [f32; 3]| dot(parts, of);
                    let colour = [0, 1, 2].map(|i| mix(colours.map(|colour| colour[i])));
                    self.put(column, row, mix(corners.map(|corner| corner[2])), colour);
                }
            }
        }
    }

    fn disc(&mut self, [x, y, depth]: [f32; 3], radius: f32, colour: [f32; 3]) {
        let range = |at: f32| {
            let last = FINE as f32 - 1.0;
            (at - radius).clamp(0.0, last) as usize..(at + radius).clamp(0.0, last) as usize + 1
        };
        for row in range(y) {
            for column in range(x) {
                if (column as f32 + 0.5 - x).hypot(row as f32 + 0.5 - y) <= radius {
                    self.put(column, row, depth, colour);
                }
            }
        }
    }

    /// Four fine pixels make one; what is not covered is transparent.
    fn pixels(&self) -> Vec<[u8; 4]> {
        let pixel = |at: usize| {
            let (x, y) = (at % SIDE, at / SIDE);
            let fine = [(0, 0), (1, 0), (0, 1), (1, 1)]
                .map(|(dx, dy)| self.colours[(2 * y + dy) * FINE + 2 * x + dx]);
            let covered: Vec<[f32; 3]> = fine.into_iter().flatten().collect();
            let byte = |x: f32| (x.clamp(0.0, 1.0) * 255.0).round() as u8;
            let mean =
                |i: usize| byte(covered.iter().map(|c| c[i]).sum::<f32>() / covered.len().max(1) as f32);
            [mean(0), mean(1), mean(2), byte(covered.len() as f32 / 4.0)]
        };
        (0..SIDE * SIDE).map(pixel).collect()
    }
}

fn cross(a: [f32; 3], b: [f32; 3], c: [f32; 3]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directions_are_orthonormal() {
        for (a, b, expected) in [
            (EYE, EYE, 1.0),
            (RIGHT, RIGHT, 1.0),
            (UP, UP, 1.0),
            (EYE, RIGHT, 0.0),
            (EYE, UP, 0.0),
            (RIGHT, UP, 0.0),
            (LIGHT, LIGHT, 1.0),
        ] {
            assert!((dot(a, b) - expected).abs() < 1e-3, "{a:?} {b:?}: {}", dot(a, b));
        }
    }

    /// The nearer of two crossing squares hides the farther, whatever their order.
    #[test]
    fn what_is_nearer_hides() {
        let square = |depth: f32, colour: [f32; 3]| {
            let corners = [[100.0, 100.0, depth], [300.0, 100.0, depth], [100.0, 300.0, depth]];
            (corners, [colour; 3])
        };
        let (near, far) = (square(1.0, [1.0, 0.0, 0.0]), square(0.0, [0.0, 1.0, 0.0]));
        for order in [[near, far], [far, near]] {
            let mut canvas = Canvas::new();
            order.into_iter().for_each(|(corners, colours)| canvas.triangle(corners, colours));
            let colour = canvas.colours[150 * FINE + 150].expect("it is covered");
            assert!(colour[0] > 0.99 && colour[1] < 0.01, "{colour:?}");
            assert_eq!(canvas.colours[400 * FINE + 400], None);
        }
    }

    #[test]
    fn a_ball_is_a_disc_in_the_middle() {
        let grid = datasets::cube_grid(24);
        let values: Vec<f32> =
            grid.chunks_exact(3).map(|p| p.iter().map(|x| x * x).sum::<f32>().sqrt() - 0.8).collect();
        let png = surface(&Surface::of_grid(&values, 24), |_| GREY).expect("a picture");
        let picture = image::load_from_memory(&png).expect("a PNG").to_rgba8();
        let covered = picture.pixels().filter(|pixel| pixel[3] > 127).count() as f32;
        let expected = std::f32::consts::PI * (0.8 / SEEN * SIDE as f32 / 2.0).powi(2);
        assert!((covered / expected - 1.0).abs() < 0.02, "{covered} of {expected}");
        assert_eq!((picture.get_pixel(128, 128)[3], picture.get_pixel(2, 2)[3]), (255, 0));
    }
}
