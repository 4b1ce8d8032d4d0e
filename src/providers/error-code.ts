export { errorCode } from '../lib/error-code';
