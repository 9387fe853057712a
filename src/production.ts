// Says that this is no development: imported before everything else, since libraries look at it when they are loaded
// (graphql checks every value against a second copy of itself otherwise).

process.env['NODE_ENV'] ??= 'production';
